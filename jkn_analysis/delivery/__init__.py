"""Mail: messages, the outbox they are looked at in, and the way out with its ledger."""
