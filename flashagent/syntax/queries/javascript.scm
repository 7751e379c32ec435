; See python.scm for the capture names.

(function_declaration name: (identifier) @name body: (_) @body) @function
(generator_function_declaration name: (identifier) @name body: (_) @body) @function
(class_declaration name: (_) @name body: (_) @body) @class
(method_definition name: (_) @name body: (_) @body) @function
(field_definition property: (_) @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @function
(variable_declarator name: (identifier) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body) (generator_function body: (_) @body)]) @function
(variable_declarator name: (identifier) @name value: (class body: (_) @body)) @class
(assignment_expression left: (identifier) @name
  right: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @function
(assignment_expression left: (member_expression property: (property_identifier) @name)
  right: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @function
(pair key: [(property_identifier) (string)] @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @function
(program (lexical_declaration (variable_declarator name: (identifier) @name
  value: [(object) (array) (call_expression) (new_expression) (string) (number) (regex) (template_string) (binary_expression) (identifier) (member_expression)])) @constant)
(program (export_statement declaration: (lexical_declaration (variable_declarator name: (identifier) @name
  value: [(object) (array) (call_expression) (new_expression) (string) (number) (regex) (template_string) (binary_expression) (identifier) (member_expression)]))) @constant)
(export_statement declaration: (_) @inner) @wrapper

(import_statement source: (string) @module) @import
(export_statement source: (string) @module) @import
(call_expression function: [(identifier) (import)] @require arguments: (arguments . (string) @module)
  (#any-of? @require "require" "import")) @import
