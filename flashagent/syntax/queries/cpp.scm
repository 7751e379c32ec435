; See python.scm for the capture names. A qualified name (A::B::f) is taken apart by the reader.

(function_definition declarator: (function_declarator declarator: (_) @name) body: (_)? @body) @function
(function_definition declarator: (pointer_declarator (function_declarator declarator: (_) @name)) body: (_)? @body) @function
(function_definition declarator: (reference_declarator (function_declarator declarator: (_) @name)) body: (_)? @body) @function
(function_definition declarator: (operator_cast) @name body: (_)? @body) @function
(class_specifier name: (_) @name body: (_) @body) @class
(struct_specifier name: (_) @name body: (_) @body) @struct
(union_specifier name: (_) @name body: (_) @body) @struct
(enum_specifier name: (_) @name body: (_) @body) @enum
(type_definition declarator: (type_identifier) @name) @type
(alias_declaration name: (_) @name) @type
(concept_definition name: (_) @name) @type
(namespace_definition name: (_) @name body: (_) @body) @scope
(preproc_function_def name: (_) @name value: (_)? @body) @macro
(translation_unit (preproc_def name: (_) @name) @constant)
(template_declaration (_) @inner) @wrapper

(preproc_include path: (_) @module) @import
