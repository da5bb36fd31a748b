#pragma once

#include <exception>
#include <string>

#include "wire/messages.hpp"

/// Exceptions as they travel: what a task threw becomes a Failure on its worker, and an exception again where it is
/// asked for.
namespace cohort::wire {

/// What was thrown: the nearest standard type, the type's readable name, the text, and the codes that some types carry.
/// `thrown` is not null. What is a TaskError already keeps what it says of the task; the caller fills in `label`,
/// `host`, `rank` and `attempt` of all others.
Failure describe(const std::exception_ptr& thrown);

/// An exception that derives from the standard type of `failure.kind` and from TaskError; its what() is
/// `failure.message`. TaskCancelled, TaskTimedOut, TaskCrashed and WorkerLost are exactly these.
std::exception_ptr rebuild(const Failure& failure);

/// One line for people: which task failed where, and of what.
std::string explain(const Failure& failure);

}  // namespace cohort::wire
