#pragma once

#include "cohort/detail/serialize_associative.hpp"
#include "cohort/detail/serialize_pointer.hpp"
#include "cohort/detail/serialize_product.hpp"
#include "cohort/detail/serialize_sequence.hpp"
#include "cohort/detail/serialize_sum.hpp"

/// How the standard types travel. chrono's types and std::complex need nothing here: they are trivially copyable.
