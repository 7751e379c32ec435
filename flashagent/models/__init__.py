"""Chat models: what the agent asks, the client for OpenAI-compatible endpoints, a scripted fake, prices and tokens."""
