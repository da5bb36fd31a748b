#include "base/loaded_modules.hpp"

#include <elf.h>
#include <link.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <string_view>

namespace cohort::base {

namespace {

std::string hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string executable_path() {
  std::array<char, PATH_MAX> path;
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  return length > 0 ? std::string(path.data(), static_cast<std::size_t>(length)) : std::string("the program");
}

bool is_system_path(std::string_view path) {
  if (path.find('/') == std::string_view::npos) return true;  // the vdso, which has a name but no file
  for (const std::string_view folder : {"/lib/", "/usr/lib/", "/lib64/", "/usr/lib64/"}) {
    if (path.starts_with(folder)) return true;
  }
  return false;
}

/// The build id in a PT_NOTE segment; empty: not there.
std::string build_id_in(std::span<const std::byte> notes, std::size_t alignment) {
  const std::size_t align = alignment == 8 ? 8 : 4;
  const auto padded = [align](std::size_t size) { return (size + align - 1) / align * align; };
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) head;
    std::memcpy(&head, notes.data(), sizeof head);
    const std::size_t name_at = sizeof head;
    const std::size_t text_at = name_at + padded(head.n_namesz);
    if (text_at + head.n_descsz > notes.size()) break;
    if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 && std::memcmp(notes.data() + name_at, "GNU", 4) == 0) {
      return hex({reinterpret_cast<const unsigned char*>(notes.data() + text_at), head.n_descsz});
    }
    notes = notes.subspan(std::min(notes.size(), text_at + padded(head.n_descsz)));
  }
  return {};
}

MappedModule describe(const dl_phdr_info& info, bool first) {
  MappedModule module;
  module.is_executable = first;
  const std::string_view name = info.dlpi_name == nullptr ? "" : info.dlpi_name;
  module.name = first && name.empty() ? executable_path() : std::string(name);
  module.is_system = !first && is_system_path(module.name);
  module.bias = info.dlpi_addr;
  module.begin = UINTPTR_MAX;
  for (const ElfW(Phdr) & part : std::span(info.dlpi_phdr, info.dlpi_phnum)) {
    const std::uintptr_t at = info.dlpi_addr + part.p_vaddr;
    const std::span bytes(reinterpret_cast<const std::byte*>(at), part.p_memsz);
    if (part.p_type == PT_LOAD) {
      module.begin = std::min(module.begin, at);
      module.end = std::max(module.end, at + part.p_memsz);
      if ((part.p_flags & PF_R) != 0 && (part.p_flags & PF_W) == 0) module.read_only.push_back(bytes);
    }
  }
  for (const ElfW(Phdr) & part : std::span(info.dlpi_phdr, info.dlpi_phnum)) {
    if (part.p_type != PT_NOTE || !module.build_id.empty()) continue;
    const std::span bytes(reinterpret_cast<const std::byte*>(info.dlpi_addr + part.p_vaddr), part.p_memsz);
    const bool mapped = std::ranges::any_of(module.read_only, [bytes](std::span<const std::byte> whole) {
      return bytes.data() >= whole.data() && bytes.data() + bytes.size() <= whole.data() + whole.size();
    });
    if (mapped) module.build_id = build_id_in(bytes, part.p_align);
  }
  return module;
}

}  // namespace

unsigned long long module_changes() {
  unsigned long long changes = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* into) {
        *static_cast<unsigned long long*>(into) = info->dlpi_adds + info->dlpi_subs;
        return 1;
      },
      &changes);
  return changes;
}

std::string identity_of(const MappedModule& module) {
  if (!module.build_id.empty()) return module.build_id;
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  for (const auto part : module.read_only) {
    const std::uint64_t place[] = {reinterpret_cast<std::uintptr_t>(part.data()) - module.bias, part.size()};
    XXH3_128bits_update(&state, place, sizeof place);
    XXH3_128bits_update(&state, part.data(), part.size());
  }
  XXH128_canonical_t digest;
  XXH128_canonicalFromHash(&digest, XXH3_128bits_digest(&state));
  return "content-" + hex(digest.digest);
}

std::vector<MappedModule> mapped_modules() {
  std::vector<MappedModule> modules;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* into) {
        auto& all = *static_cast<std::vector<MappedModule>*>(into);
        MappedModule module = describe(*info, all.empty());
        if (module.begin < module.end) all.push_back(std::move(module));
        return 0;
      },
      &modules);
  return modules;
}

}  // namespace cohort::base
