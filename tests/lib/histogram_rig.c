#include "tests/lib/histogram_rig.h"

void histogram_rig_init(struct histogram_rig *rig)
{
	rig->arena = arena_new(NULL);
	annotations_init(&rig->notes, NULL);
	rig->place = (struct note_place){.notes = &rig->notes, .name = STR("h")};
}

void histogram_rig_done(struct histogram_rig *rig)
{
	annotations_done(&rig->notes);
	arena_free(rig->arena);
}

const char *histogram_rig_notes(struct histogram_rig *rig)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct notes notes;

	notes_init(&notes);
	annotations_move(&rig->notes, &notes, NULL);
	for (size_t i = 0; i < notes.n; i++) {
		struct str text = str_of(notes.v[i].text);
		if (i)
			buf_putc(&out, '\n');
		buf_append_str(&out, str_skip(text, strlen("PromQL ")));
	}
	notes_done(&notes);
	return arena_cstr(rig->arena, buf_str(&out));
}
