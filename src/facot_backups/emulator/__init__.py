"""An in-memory Firestore that speaks the real gRPC protocol, and a believable business to fill it with."""
