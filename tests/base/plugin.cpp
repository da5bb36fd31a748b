// A shared library that module_table_test loads while it runs.
extern "C" int plugin_answer(int x) { return x + 35; }
