"""What a person sees and touches: Qt widgets that render values and speak in verbs."""
