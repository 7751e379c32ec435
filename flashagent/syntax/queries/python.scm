; Capture names: a kind (@function, @class, ...) for the whole definition, @name, @body; @scope nests without being a
; definition; @wrapper/@inner widen a definition by what stands around it; @import with @module and @imported.

(function_definition name: (identifier) @name body: (_) @body) @function
(class_definition name: (identifier) @name body: (_) @body) @class
(decorated_definition definition: (_) @inner) @wrapper
(module (expression_statement (assignment left: (identifier) @name)) @constant)
(module (type_alias_statement left: (type (identifier) @name)) @type)

(import_statement name: (dotted_name) @module) @import
(import_statement name: (aliased_import name: (dotted_name) @module)) @import
(import_from_statement module_name: (_) @module name: (dotted_name) @imported) @import
(import_from_statement module_name: (_) @module name: (aliased_import name: (dotted_name) @imported)) @import
(import_from_statement module_name: (_) @module (wildcard_import) @imported) @import
