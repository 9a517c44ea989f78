"""What is found: passages of transcripts and pages of documents, as documents of the index."""
