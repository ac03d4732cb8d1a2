"""The main window: columns, header, menus, notice."""
