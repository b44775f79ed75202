"""What instruments are: one TOML file a model, loaded into frozen structs; the folder is the registry."""
