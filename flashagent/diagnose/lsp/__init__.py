"""Language servers: found, started once in the sandbox, kept warm, started again when they die. What they say is data."""
