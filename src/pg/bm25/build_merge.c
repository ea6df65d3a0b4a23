/* SPDX-License-Identifier: PostgreSQL
 *
 * build_merge.c - the second step of CREATE INDEX: parts to the one segment of the index.
 *
 * Owns: shares.  The terms of all parts are cut where they hold about the same number of postings; participants merge a
 * share after the other to files of its own.  The leader joins them while it copies their pages to the index.
 * Without workers it merges the parts by itself.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "pg/bm25/build.h"

/* ---- parts ---- */

void
bm25_open_parts(Build *build, BuildPart *const *parts, int n, BuildInputs *inputs)
{
	inputs->n = n;
	inputs->parts = palloc(sizeof(BuildPart *) * n);
	inputs->segments = palloc(sizeof(VsBm25Segment *) * n);
	inputs->writers = palloc(sizeof(Bm25Writer *) * n);
	inputs->readers = palloc(sizeof(Bm25Reader) * n);
	inputs->sources = palloc(sizeof(VsBm25Source) * n);
	for (int i = 0; i < n; i++)
	{
		inputs->parts[i] = parts[i];
		inputs->segments[i] = &parts[i]->segment;
		inputs->writers[i] = parts[i]->writer != NULL
			? parts[i]->writer : bm25_open_shared_writer(&build->shared->files, parts[i]->number, &parts[i]->segment);
		bm25_begin_reader_of_writer(&inputs->readers[i], inputs->writers[i], inputs->segments[i]);
		inputs->sources[i] = inputs->readers[i].source;
	}
}

void
bm25_close_parts(BuildInputs *inputs)
{
	for (int i = 0; i < inputs->n; i++)
	{
		bm25_end_reader(&inputs->readers[i]);
		if (inputs->parts[i]->writer == NULL)
			bm25_end_writer(inputs->writers[i]);
	}
}

Bm25Writer *
bm25_begin_part(Build *build, BuildPart *part)
{
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(build));
	Bm25Writer *writer;

	if (build->shared->has_files)
	{
		part->number = pg_atomic_fetch_add_u32(&build->shared->next_number, 1);
		writer = bm25_begin_shared_writer(&build->shared->files, part->number);
	}
	else
		writer = bm25_begin_writer(true);
	MemoryContextSwitchTo(old);
	return writer;
}

void
bm25_end_part(BuildPart *part, Bm25Writer *writer)
{
	part->writer = NULL;
	if (writer->shared != NULL)
		bm25_share_writer(writer);
	else
		part->writer = writer;
}

void
bm25_drop_part(Build *build, BuildPart *part)
{
	if (part->writer != NULL)
		bm25_end_writer(part->writer);
	else
		bm25_delete_shared(&build->shared->files, part->number, &part->segment);
}

/* All parts that there are, in the order of their rows. */
static int
all_parts(BuildShared *shared, BuildPart **parts)
{
	int n = 0;

	for (uint32 range = 0; range < shared->n_ranges; range++)
		for (uint32 i = 0; i < shared->n_parts[range]; i++)
			parts[n++] = &shared->parts[range * shared->parts_per_range + i];
	return n;
}

/* ---- shares ---- */

/* The part with the most postings stands for all. */
bool
bm25_plan_shares(Build *build, int participants)
{
	BuildShared *shared = build->shared;
	BuildPart *parts[BM25_MAX_PARTS];
	int n = all_parts(shared, parts);
	BuildPart *largest = NULL;
	BuildInputs inputs;

	if (n < 2)
		return false;
	for (int i = 0; i < n; i++)
		if (largest == NULL || parts[i]->segment.n_postings > largest->segment.n_postings)
			largest = parts[i];
	shared->task = BM25_BUILD_SHARE;
	shared->n_tasks = BM25_SHARES_EACH * participants;
	pg_atomic_write_u32(&shared->next_task, 0);
	bm25_open_parts(build, &largest, 1, &inputs);
	vs_bm25_split_terms(inputs.segments[0], &inputs.sources[0], shared->n_tasks, shared->splits, bm25_check_interrupts);
	bm25_close_parts(&inputs);
	return true;
}

void
bm25_build_share(Build *build, uint32 share)
{
	BuildShared *shared = build->shared;
	VsBm25Memory memory = bm25_memory(build->context);
	MemoryContext old = MemoryContextSwitchTo(build->context);
	BuildPart *parts[BM25_MAX_PARTS];
	BuildPart *merged = &shared->shares[share];
	BuildInputs inputs;
	Bm25Writer *writer;

	bm25_report_phase(build, BM25_PHASE_MERGE);
	bm25_open_parts(build, parts, all_parts(shared, parts), &inputs);
	writer = bm25_begin_part(build, merged);
	vs_bm25_merge_terms(&memory, inputs.n, inputs.segments, inputs.sources,
						share > 0 ? &shared->splits[share - 1] : NULL,
						share + 1 < shared->n_tasks ? &shared->splits[share] : NULL,
						&writer->sink, &merged->segment, bm25_check_interrupts);
	bm25_close_parts(&inputs);
	bm25_end_part(merged, writer);
	MemoryContextSwitchTo(old);
	MemoryContextReset(build->context);
}

/* ---- to the index ---- */

static void
place(Build *build, Bm25Writer *writer, VsBm25Segment *segment)
{
	bm25_report_phase(build, BM25_PHASE_WRITE);
	bm25_place_segment(build->index, writer, segment, RelationNeedsWAL(build->index));
}

static void
place_joined(Build *build, const BuildInputs *inputs, VsBm25Segment *segment)
{
	BuildShared *shared = build->shared;
	VsBm25Memory memory = bm25_memory(build->context);
	BuildPart *parts[BM25_MAX_SHARES];
	BuildInputs shares;
	Bm25Writer *writer = bm25_begin_writer(true);

	for (uint32 i = 0; i < shared->n_tasks; i++)
		parts[i] = &shared->shares[i];
	bm25_open_parts(build, parts, shared->n_tasks, &shares);
	vs_bm25_join(&memory, inputs->n, inputs->segments, inputs->sources, shares.n, shares.segments, shares.sources,
				 &writer->sink, segment, bm25_check_interrupts);
	writer->parts = shares.writers;
	writer->n_parts = shares.n;
	place(build, writer, segment);
	bm25_end_writer(writer);
	bm25_close_parts(&shares);
}

static void
place_merged(Build *build, const BuildInputs *inputs, VsBm25Segment *segment)
{
	VsBm25Memory memory = bm25_memory(build->context);
	Bm25Writer *writer = bm25_begin_writer(true);

	bm25_report_phase(build, BM25_PHASE_MERGE);
	vs_bm25_merge(&memory, inputs->n, inputs->segments, inputs->sources, &writer->sink, segment, bm25_check_interrupts);
	place(build, writer, segment);
	bm25_end_writer(writer);
}

static void
check_documents(Build *build, const BuildInputs *inputs)
{
	uint64 docs = 0;

	for (int i = 0; i < inputs->n; i++)
		docs += inputs->segments[i]->n_docs;
	if (docs > VS_BM25_MAX_DOCS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("index \"%s\" would have more than %u documents in a segment",
						RelationGetRelationName(build->index), VS_BM25_MAX_DOCS),
				 errhint("Partition the table.")));
}

bool
bm25_place_parts(Build *build, VsBm25Segment *segment)
{
	MemoryContext old = MemoryContextSwitchTo(build->context);
	BuildPart *parts[BM25_MAX_PARTS];
	BuildInputs inputs;

	bm25_open_parts(build, parts, all_parts(build->shared, parts), &inputs);
	check_documents(build, &inputs);
	if (inputs.n == 1)
	{
		*segment = parts[0]->segment;
		place(build, inputs.writers[0], segment);
	}
	else if (inputs.n > 1 && build->shared->task == BM25_BUILD_SHARE)
		place_joined(build, &inputs, segment);
	else if (inputs.n > 1)
		place_merged(build, &inputs, segment);
	bm25_close_parts(&inputs);
	for (int i = 0; i < inputs.n; i++)
		bm25_drop_part(build, parts[i]);
	MemoryContextSwitchTo(old);
	MemoryContextReset(build->context);
	return inputs.n > 0;
}
