#pragma once

#include <boost/archive/detail/register_archive.hpp>
#include <boost/archive/impl/archive_serializer_map.ipp>
#include <boost/serialization/base_object.hpp>
#include <boost/serialization/export.hpp>
#include <boost/serialization/split_free.hpp>
#include <boost/serialization/split_member.hpp>

#include "cohort/detail/in_archive.hpp"
#include "cohort/detail/out_archive.hpp"

// BOOST_CLASS_EXPORT, once this is included, makes a class known to both.
BOOST_SERIALIZATION_REGISTER_ARCHIVE(cohort::detail::OutArchive)
BOOST_SERIALIZATION_REGISTER_ARCHIVE(cohort::detail::InArchive)
