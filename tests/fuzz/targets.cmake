# Each is fuzz/<name>.cpp, which defines LLVMFuzzerTestOneInput, and has a corpus in fuzz/corpus/<name>/.
set(fuzz_targets archive_fuzz messages_fuzz)
