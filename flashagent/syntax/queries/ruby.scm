; See python.scm for the capture names. A singleton class (class << self) lends nothing to the names inside it.

(class name: (_) @name body: (_)? @body) @class
(module name: (_) @name body: (_)? @body) @module_definition
(method name: (_) @name body: (_)? @body) @function
(singleton_method name: (_) @name body: (_)? @body) @function
(alias name: (identifier) @name) @function
(assignment left: (constant) @name right: (call block: (_) @body)) @class
(assignment left: (constant) @name) @constant
(call method: (identifier) @require arguments: (argument_list . (simple_symbol) @name) block: (_) @body
  (#any-of? @require "define_method" "define_singleton_method")) @function
(call method: (identifier) @require arguments: (argument_list . (simple_symbol) @name)
  (#any-of? @require "attr_reader" "attr_accessor" "attr_writer")) @function

(call !receiver method: (identifier) @imported arguments: (argument_list . (string) @module)
  (#any-of? @imported "require" "require_relative" "load" "autoload")) @import
