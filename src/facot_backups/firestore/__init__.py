"""The cloud side: a connection, one consistent scan, the codec between protobuf and JSON values."""
