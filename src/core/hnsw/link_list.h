// SPDX-License-Identifier: PostgreSQL
//
// link_list.h - the links of a node while a build is under way, read and changed by all participants.
//
// Owns: the protocol of concurrent changes.  `version` is odd while somebody writes, and rises by two
// with every change.  Readers copy and look whether it stayed the same (a seqlock): they write nothing,
// so lists that everybody reads stay in everybody's cache.  Writers hold it for a few stores and never
// call out; pruning works on a copy, which is put back if the version is still the one it was made of.
//
// Links are loaded with acquire and stored with release order, so that no copy looks unchanged that
// holds a later store: cheaper to reason about than fences, and free on x86.
#ifndef VECSTORE_CORE_HNSW_LINK_LIST_H
#define VECSTORE_CORE_HNSW_LINK_LIST_H

#include <sched.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/hnsw_page.h"

namespace vecstore::hnsw {

struct alignas(8) Link {
  uint32_t index;
  float estimate;
};

// Links a list has room for before it is pruned to `links`.
constexpr uint32_t SlackLinks(uint32_t links) { return 2 * links; }
constexpr uint32_t kMaxListLinks = SlackLinks(VS_HNSW_MAX_LINKS);

// Wait for another participant that is in the middle of a few stores, or was put to sleep there.
class Spin {
 public:
  void Wait() {
    if (++tries_ % 1024 == 0) sched_yield();
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
  }

 private:
  uint32_t tries_ = 0;
};

// The links of a node at one level, with slack; the fields after count are used at level 0 only.
struct LinkList {
  uint32_t version;
  uint32_t count;
  uint32_t duplicate_of;    // index + 1 of the node with the same code that stands for this one
  uint32_t next_duplicate;  // index + 1 of the next node with the same code
  union {
    uint32_t parent;   // layout: index + 1 of the node this one was reached from
    uint32_t diverse;  // a build in parts: links at the front that diversity would keep
  };
  uint32_t inlinks;         // layout: lists this node is in
  Link links[];

  // Calls take(i, link) for each link; may begin again from the first.  Returns their number and, in
  // *at, the version they were read at.
  template <class Take>
  uint32_t Read(uint32_t* at, Take take) const {
    for (Spin spin;; spin.Wait()) {
      *at = __atomic_load_n(&version, __ATOMIC_ACQUIRE);
      if (*at & 1) continue;
      const uint32_t n = __atomic_load_n(&count, __ATOMIC_ACQUIRE);
      for (uint32_t i = 0; i < n; i++) {
        Link link;
        __atomic_load(&links[i], &link, __ATOMIC_ACQUIRE);
        take(i, link);
      }
      if (__atomic_load_n(&version, __ATOMIC_RELAXED) == *at) return n;
    }
  }

  // Begin a change if the list is still at this version.
  bool TryLock(uint32_t at) {
    return (at & 1) == 0 && __atomic_compare_exchange_n(&version, &at, at + 1, false,
                                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
  }
  // Begin a change; returns the version before it.
  uint32_t Lock() {
    for (Spin spin;; spin.Wait()) {
      const uint32_t at = __atomic_load_n(&version, __ATOMIC_RELAXED);
      if (TryLock(at)) return at;
    }
  }
  void Unlock(uint32_t at) { __atomic_store_n(&version, at + 2, __ATOMIC_RELEASE); }

  void Set(uint32_t i, Link link) { __atomic_store(&links[i], &link, __ATOMIC_RELEASE); }
  void SetCount(uint32_t n) { __atomic_store_n(&count, n, __ATOMIC_RELEASE); }

  // False when the list holds `room` links.
  bool Append(Link link, uint32_t room) {
    const uint32_t at = Lock();
    const bool fits = count < room;
    if (fits) {
      Set(count, link);
      SetCount(count + 1);
    }
    Unlock(at);
    return fits;
  }

  // Take in those of the offered links that are not there yet; when the list is full, in place of the
  // farthest if they are nearer.  The indexes of the offered are places in `names`.
  void Offer(const Link* offered, uint32_t count_offered, const uint32_t* names, uint32_t room) {
    const uint32_t at = Lock();
    for (uint32_t i = 0; i < count_offered; i++)
      OfferLocked({names[offered[i].index], offered[i].estimate}, room);
    Unlock(at);
  }

  // Put n links in place of all.
  void Fill(const Link* with, uint32_t n) {
    const uint32_t at = Lock();
    SetAll(with, n);
    Unlock(at);
  }

  // The same, unless the list has changed since it was at this version.
  void Replace(uint32_t at, const Link* with, uint32_t n) {
    if (!TryLock(at)) return;
    SetAll(with, n);
    Unlock(at);
  }

 private:
  void SetAll(const Link* with, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) Set(i, with[i]);
    SetCount(n);
  }

  void OfferLocked(Link link, uint32_t room) {
    const uint32_t n = count;
    uint32_t place = 0;
    for (uint32_t i = 0; i < n; i++)
      if (links[i].index == link.index) return;
    if (n < room) {
      Set(n, link);
      SetCount(n + 1);
      return;
    }
    for (uint32_t i = 1; i < n; i++)
      if (links[i].estimate > links[place].estimate) place = i;
    if (link.estimate < links[place].estimate) Set(place, link);
  }
};

constexpr size_t ListBytes(uint32_t links) {
  return sizeof(LinkList) + SlackLinks(links) * sizeof(Link);
}

}  // namespace vecstore::hnsw

#endif
