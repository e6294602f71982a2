"""What everything else stands on: errors, sentences, files, locks, settings. It knows nothing of learning."""
