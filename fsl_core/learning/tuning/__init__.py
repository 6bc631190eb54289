"""What the methods that train an encoder share: the backbone, its loss, batches and loop."""
