"""What was accepted is never lost: facts in SQLite, samples as blobs, books as hash chains, one transaction a step."""
