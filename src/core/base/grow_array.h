// SPDX-License-Identifier: PostgreSQL
//
// grow_array.h - an array that grows through the host's allocator.
//
// Owns: nothing.  The memory belongs to the host (a memory context), so the array is trivially
// destructible and may live across a host call that does not return.
#ifndef VECSTORE_CORE_BASE_GROW_ARRAY_H
#define VECSTORE_CORE_BASE_GROW_ARRAY_H

#include <stddef.h>

#include <type_traits>

namespace vecstore {

// The host's realloc: keeps the contents, never returns null, may not return at all.
struct Memory {
  void* context;
  void* (*grow)(void* context, void* old, size_t old_bytes, size_t new_bytes);

  template <class T>
  T* New(size_t n) const {
    return static_cast<T*>(grow(context, nullptr, 0, n * sizeof(T)));
  }
};

template <class T>
class GrowArray {
  static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>,
                "elements are moved by realloc and dropped by longjmp");

 public:
  void Init(const Memory& memory) {
    memory_ = memory;
    data_ = nullptr;
    size_ = capacity_ = 0;
  }
  void Reserve(size_t n) {
    if (n <= capacity_) return;
    size_t capacity = capacity_ < 64 ? 64 : 2 * capacity_;
    if (capacity < n) capacity = n;
    data_ = static_cast<T*>(
        memory_.grow(memory_.context, data_, capacity_ * sizeof(T), capacity * sizeof(T)));
    capacity_ = capacity;
  }
  // By value: it may be an element, which growing moves.
  void Push(T value) {
    if (size_ == capacity_) Reserve(size_ + 1);
    data_[size_++] = value;
  }
  // n more elements, not set.
  void Extend(size_t n) {
    Reserve(size_ + n);
    size_ += n;
  }
  // Push if `wanted`, without a branch on it.  value: not an element.
  void PushIf(const T& value, bool wanted) {
    if (size_ == capacity_) Reserve(size_ + 1);
    data_[size_] = value;
    size_ += wanted;
  }
  void Clear() { size_ = 0; }
  void Truncate(size_t n) { size_ = n; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  Memory memory_;
  T* data_;
  size_t size_;
  size_t capacity_;
};

}  // namespace vecstore

#endif
