; See python.scm for the capture names.

(class_declaration "interface" name: (_) @name (class_body)? @body) @interface
(class_declaration name: (_) @name (enum_class_body) @body) @enum
(class_declaration name: (_) @name (class_body)? @body) @class
(object_declaration name: (_) @name (class_body)? @body) @class
(function_declaration name: (_) @name (function_body)? @body) @function
(secondary_constructor "constructor" @name (block)? @body) @function
(type_alias type: (_) @name) @type
(source_file (property_declaration (variable_declaration (identifier) @name)) @constant)

(import (qualified_identifier) @module "*"? @imported) @import
