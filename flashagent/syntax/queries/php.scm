; See python.scm for the capture names. Namespaces stay out of the names.

(class_declaration name: (_) @name body: (_) @body) @class
(trait_declaration name: (_) @name body: (_) @body) @trait
(interface_declaration name: (_) @name body: (_) @body) @interface
(enum_declaration name: (_) @name body: (_) @body) @enum
(function_definition name: (_) @name body: (_) @body) @function
(method_declaration name: (_) @name body: (_)? @body) @function
(const_declaration (const_element . (name) @name)) @constant

(namespace_use_declaration (namespace_use_clause [(qualified_name) (name)] @module)) @import
(namespace_use_declaration (namespace_name) @module body: (namespace_use_group (namespace_use_clause . (_) @imported))) @import
(require_once_expression (string) @module) @import
(require_expression (string) @module) @import
(include_once_expression (string) @module) @import
(include_expression (string) @module) @import
(require_once_expression (binary_expression right: (string) @module)) @import
(require_expression (binary_expression right: (string) @module)) @import
