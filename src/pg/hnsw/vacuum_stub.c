/* Delete this file as soon as vacuum.c exists. */
#include "postgres.h"
#include "pg/hnsw/hnsw.h"
IndexBulkDeleteResult *hnsw_bulk_delete(IndexVacuumInfo *info, IndexBulkDeleteResult *stats,
											   IndexBulkDeleteCallback callback, void *state){return stats;}
IndexBulkDeleteResult *hnsw_vacuum_cleanup(IndexVacuumInfo *info, IndexBulkDeleteResult *stats){return stats;}
