"""The main window: columns, header, menus, notices."""
