#pragma once

// Defines COHORT_SANITIZED where a sanitizer has an operator new of its own, which finds more than ours would.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COHORT_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define COHORT_SANITIZED
#endif
#endif
