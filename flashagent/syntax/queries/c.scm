; See python.scm for the capture names.

(function_definition declarator: (function_declarator declarator: (identifier) @name) body: (_) @body) @function
(function_definition declarator: (pointer_declarator (function_declarator declarator: (identifier) @name)) body: (_) @body) @function
(function_definition declarator: (pointer_declarator (pointer_declarator (function_declarator declarator: (identifier) @name))) body: (_) @body) @function
(function_definition declarator: (function_declarator declarator: (parenthesized_declarator (identifier) @name)) body: (_) @body) @function
(struct_specifier name: (_) @name body: (_) @body) @struct
(union_specifier name: (_) @name body: (_) @body) @struct
(enum_specifier name: (_) @name body: (_) @body) @enum
(type_definition declarator: (type_identifier) @name) @type
(preproc_function_def name: (_) @name value: (_)? @body) @macro
(translation_unit (preproc_def name: (_) @name) @constant)
(translation_unit (declaration declarator: (init_declarator declarator: (identifier) @name value: (_) @body)) @variable)
(translation_unit (declaration declarator: (init_declarator declarator: (array_declarator declarator: (identifier) @name) value: (_) @body)) @variable)

(preproc_include path: (_) @module) @import
