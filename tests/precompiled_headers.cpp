// Empty: the program exists for its precompiled headers, which all tests use.
