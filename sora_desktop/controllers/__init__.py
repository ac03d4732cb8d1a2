"""Connect the panels to the engine; every user request ends in exactly one method here."""
