; See python.scm for the capture names. Namespaces stay out of the names, as packages do in Java.

(class_declaration name: (_) @name body: (_)? @body) @class
(record_declaration name: (_) @name body: (_)? @body) @class
(struct_declaration name: (_) @name body: (_)? @body) @struct
(interface_declaration name: (_) @name body: (_)? @body) @interface
(enum_declaration name: (_) @name body: (_)? @body) @enum
(delegate_declaration name: (_) @name) @type
(method_declaration name: (_) @name body: (_)? @body) @function
(constructor_declaration name: (_) @name body: (_)? @body) @function
(local_function_statement name: (_) @name body: (_)? @body) @function
(property_declaration name: (_) @name accessors: (_)? @body) @function
(event_declaration name: (_) @name accessors: (_)? @body) @function
((field_declaration (modifier) @require (variable_declaration (variable_declarator name: (_) @name))) @constant
  (#eq? @require "const"))

(using_directive [(identifier) (qualified_name)] @module) @import
