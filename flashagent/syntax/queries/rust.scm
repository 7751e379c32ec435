; See python.scm for the capture names.

(function_item name: (_) @name body: (_) @body) @function
(function_signature_item name: (_) @name) @function
(struct_item name: (_) @name body: (_)? @body) @struct
(union_item name: (_) @name body: (_)? @body) @struct
(enum_item name: (_) @name body: (_) @body) @enum
(trait_item name: (_) @name body: (_) @body) @trait
(type_item name: (_) @name) @type
(mod_item name: (_) @name body: (_) @body) @module_definition
(const_item name: (_) @name) @constant
(static_item name: (_) @name) @constant
(macro_definition name: (_) @name) @macro
(impl_item type: [
  (type_identifier) @name
  (generic_type type: (type_identifier) @name)
  (generic_type type: (scoped_type_identifier name: (_) @name))
  (scoped_type_identifier name: (_) @name)
  (reference_type type: (type_identifier) @name)
  (reference_type type: (generic_type type: (type_identifier) @name))
  (primitive_type) @name] body: (_) @body) @scope

(use_declaration argument: (_) @module) @import
(extern_crate_declaration name: (_) @module) @import
(mod_item "mod" @imported name: (identifier) @module !body) @import
((attribute_item (attribute (identifier) @imported value: (string_literal) @module)) (#eq? @imported "path")) @import
; The name of the inline module around a declaration is a folder of its path.
(mod_item name: (identifier) @imported body: (declaration_list (mod_item "mod" name: (identifier) @module !body))) @import
; Modules that a macro (cfg_net! { mod tcp; }) declares.
(token_tree "mod" @imported . (identifier) @module . ";") @import
(token_tree "#" . (token_tree . (identifier) @imported . "=" . (string_literal) @module) (#eq? @imported "path")) @import
