package read

import (
	"time"

	"pmograph/internal/state"
)

func (v *View) common(t *state.Desc, id, seq int64, created, updated time.Time, source, external *string, archived *time.Time) Common {
	return Common{
		ID: v.ID(t, id), Version: Long(seq), CreatedAt: created, UpdatedAt: updated, ExternalSource: source, ExternalID: external,
		ArchivedAt: archived, number: id,
	}
}
