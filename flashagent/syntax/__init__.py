"""Read source text with bundled grammars: definitions, references, imports and syntax problems. Touches no disk of the project."""
