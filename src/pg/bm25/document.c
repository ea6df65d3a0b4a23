/* SPDX-License-Identifier: PostgreSQL
 *
 * document.c - a tsvector as the core sees it: its length, and what it has of a query.
 *
 * Relies on the order of lexemes in a tsvector: by bytes, then by length.  Nothing is read outside of it, as it may come from a
 * damaged page.
 */
#include "postgres.h"

#include "lib/qunique.h"
#include "tsearch/ts_utils.h"

#include "pg/bm25/document.h"
#include "pg/bm25/query.h"

#define CLASS_OF(position) ((position) >> 14)
#define ALL_CLASSES ((1 << VS_BM25_CLASSES) - 1)

/* Of lexemes and positions, in bytes. */
static inline Size
room_of(TSVector document)
{
	return VARSIZE(document) - CALCDATASIZE(document->size, 0);
}

static bool
entry_is_sound(TSVector document, const WordEntry *entry)
{
	Size end = entry->pos + entry->len,
		 room = room_of(document);

	if (end <= room && entry->haspos)
	{
		end = SHORTALIGN(end) + sizeof(uint16);
		if (end <= room)
			end += POSDATALEN(document, entry) * sizeof(WordEntryPos);
	}
	return end <= room;
}

bool
bm25_vector_fits(TSVector document, Size bytes)
{
	return bytes >= DATAHDRSIZE && VARSIZE(document) <= bytes && VARSIZE(document) >= DATAHDRSIZE &&
		(uint32) document->size <= (VARSIZE(document) - DATAHDRSIZE) / sizeof(WordEntry);
}

bool
bm25_vector_is_sound(TSVector document)
{
	for (int i = 0; i < document->size; i++)
		if (!entry_is_sound(document, ARRPTR(document) + i))
			return false;
	return true;
}

static void pg_attribute_noreturn()
damaged(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED), errmsg("a tsvector is damaged"),
			 errhint("Where it is a bm25 index's, REINDEX INDEX rebuilds it.")));
}

static inline const char *
lexeme_of(TSVector document, const WordEntry *entry)
{
	if (unlikely(entry->pos + entry->len > room_of(document)))
		damaged();
	return STRPTR(document) + entry->pos;
}

static int
positions_of(TSVector document, WordEntry *entry, const uint16 **positions)
{
	if (!entry->haspos)
		return 0;
	if (unlikely(!entry_is_sound(document, entry)))
		damaged();
	*positions = POSDATAPTR(document, entry);
	return POSDATALEN(document, entry);
}

/* The sum of the weights of a lexeme's positions. */
static uint32
frequency(TSVector document, WordEntry *entry, const Bm25Weights *weights)
{
	const uint16 *positions;
	int n = positions_of(document, entry, &positions);
	uint32 tf = n == 0;

	for (int i = 0; i < n; i++)
		tf += weights->of[CLASS_OF(positions[i])];
	return tf;
}

uint32
bm25_document_len(TSVector document, const Bm25Weights *weights)
{
	uint64 len = 0;

	for (int i = 0; i < document->size; i++)
		len += frequency(document, ARRPTR(document) + i, weights);
	return Min(len, VS_BM25_MAX_LEN);
}

/* ---- signatures ---- */

/* FNV-1a: indexes keep it, so it must not change. */
static uint32
signature_bit(const char *lexeme, uint32 length)
{
	uint32 hash = 0x811c9dc5;

	for (uint32 i = 0; i < length; i++)
		hash = (hash ^ (uint8) lexeme[i]) * 0x01000193;
	return (hash ^ hash >> 16) % VS_BM25_SIGNATURE_BITS;
}

void
bm25_sign(TSVector document, VsBm25Signature *signature)
{
	memset(signature, 0, sizeof(*signature));
	for (int i = 0; i < document->size; i++)
	{
		WordEntry *entry = ARRPTR(document) + i;
		uint32 bit = signature_bit(lexeme_of(document, entry), entry->len);

		signature->words[bit / 32] |= (uint32) 1 << bit % 32;
	}
}

int16 *
bm25_leaf_bits(const VsBm25Query *query)
{
	int16 *bits = palloc(sizeof(int16) * (query->n_leaves + 1));

	for (int i = 0; i < query->n_leaves; i++)
	{
		const VsBm25Leaf *leaf = &query->leaves[i];

		bits[i] = leaf->prefix ? -1 : (int16) signature_bit(leaf->lexeme, leaf->length);
	}
	return bits;
}

/* ---- what it has of a query ---- */

Bm25Hits *
bm25_make_hits(const VsBm25Query *query, const Bm25Weights *weights)
{
	Bm25Hits *hits = palloc0(sizeof(Bm25Hits));
	VsBm25Memory memory = bm25_memory(CurrentMemoryContext);

	hits->query = query;
	hits->weights = *weights;
	hits->hits = palloc0(sizeof(VsBm25Hit) * (query->n_leaves + 1));
	hits->positions = palloc0(sizeof(uint16 *) * (query->n_leaves + 1));
	hits->room = palloc0(sizeof(int) * (query->n_leaves + 1));
	hits->bits = bm25_leaf_bits(query);
	hits->required = palloc(sizeof(bool) * (query->n_leaves + 1));
	vs_bm25_required(query, &memory, hits->required);
	return hits;
}

/* The first entry that is not less than a leaf's lexeme. */
static WordEntry *
first_entry(TSVector document, const VsBm25Leaf *leaf)
{
	WordEntry *low = ARRPTR(document),
			  *high = low + document->size;

	while (low < high)
	{
		WordEntry *middle = low + (high - low) / 2;

		if (tsCompareString((char *) lexeme_of(document, middle), middle->len, (char *) leaf->lexeme, leaf->length,
							false) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
entry_is_of_leaf(TSVector document, WordEntry *entry, const VsBm25Leaf *leaf)
{
	if (entry >= ARRPTR(document) + document->size)
		return false;
	if (leaf->prefix ? entry->len < leaf->length : entry->len != leaf->length)
		return false;
	return memcmp(lexeme_of(document, entry), leaf->lexeme, leaf->length) == 0;
}

int
bm25_count_lexemes(TSVector document, const VsBm25Leaf *leaf)
{
	WordEntry *first = first_entry(document, leaf),
			  *end = first;

	while (entry_is_of_leaf(document, end, leaf))
		end++;
	return end - first;
}

static void
make_room(Bm25Hits *hits, int leaf, int n)
{
	if (hits->room[leaf] >= n)
		return;
	if (hits->positions[leaf] != NULL)
		pfree(hits->positions[leaf]);
	hits->room[leaf] = Max(64, 2 * n);
	hits->positions[leaf] = MemoryContextAlloc(GetMemoryChunkContext(hits), sizeof(uint16) * hits->room[leaf]);
}

/* Appends the wanted ones of an entry's positions.  Without positions it is of every class. */
static void
add_entry(Bm25Hits *hits, int leaf, TSVector document, WordEntry *entry)
{
	uint8 classes = hits->query->leaves[leaf].classes;
	VsBm25Hit *hit = &hits->hits[leaf];
	uint16 *all = hits->positions[leaf];
	const uint16 *positions;
	int n = positions_of(document, entry, &positions);

	if (n == 0)
	{
		hit->present = true;
		hit->tf++;
	}
	for (int i = 0; i < n; i++)
	{
		if (classes != 0 && (classes & (1 << CLASS_OF(positions[i]))) == 0)
			continue;
		hit->present = true;
		hit->tf += hits->weights.of[CLASS_OF(positions[i])];
		all[hit->n_positions++] = positions[i];
	}
}

/* Several entries together, or positions of some classes.  Places of entries that have none are not known. */
static void
gather_entries(Bm25Hits *hits, int leaf, TSVector document, WordEntry *first, WordEntry *end)
{
	VsBm25Hit *hit = &hits->hits[leaf];
	const uint16 *positions;
	int total = 0;
	bool known = true;

	for (WordEntry *entry = first; entry < end; entry++)
	{
		int n = positions_of(document, entry, &positions);

		total += n;
		known = known && n > 0;
	}
	make_room(hits, leaf, total);
	for (WordEntry *entry = first; entry < end; entry++)
		add_entry(hits, leaf, document, entry);
	if (!known)
		hit->n_positions = 0;
	if (end - first > 1 && hit->n_positions > 0)
	{
		qsort(hits->positions[leaf], hit->n_positions, sizeof(uint16), compareWordEntryPos);
		hit->n_positions =
			qunique(hits->positions[leaf], hit->n_positions, sizeof(uint16), compareWordEntryPos);
	}
	hit->positions = hits->positions[leaf];
}

static void
find_hit(Bm25Hits *hits, int leaf, TSVector document)
{
	const VsBm25Leaf *what = &hits->query->leaves[leaf];
	VsBm25Hit *hit = &hits->hits[leaf];
	WordEntry *first = first_entry(document, what),
			  *end = first;

	while (entry_is_of_leaf(document, end, what))
		end++;
	if (end == first)
		return;
	if (end - first > 1 || (what->classes != 0 && what->classes != ALL_CLASSES))
	{
		gather_entries(hits, leaf, document, first, end);
		return;
	}
	hit->present = true;
	hit->tf = frequency(document, first, &hits->weights);
	hit->n_positions = positions_of(document, first, &hit->positions);
}

bool
bm25_may_have_hits(const Bm25Hits *hits, const VsBm25Signature *signature)
{
	bool any = false;

	for (int i = 0; i < hits->query->n_leaves; i++)
	{
		bool may_have = bm25_may_have(signature, hits->bits[i]);

		if (hits->required[i] && !may_have)
			return false;
		any = any || may_have;
	}
	return any;
}

void
bm25_clear_hits(Bm25Hits *hits)
{
	memset(hits->hits, 0, sizeof(VsBm25Hit) * hits->query->n_leaves);
}

bool
bm25_find_hits(Bm25Hits *hits, TSVector document, const VsBm25Signature *signature)
{
	bool any = false;

	bm25_clear_hits(hits);
	for (int i = 0; i < hits->query->n_leaves; i++)
	{
		if (signature == NULL || bm25_may_have(signature, hits->bits[i]))
			find_hit(hits, i, document);
		any = any || hits->hits[i].present;
	}
	return any;
}
