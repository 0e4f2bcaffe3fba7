#include "tools/plan_text.h"

#include "base/arena.h"
#include "tools/text_table.h"

/* `indent` stands before the lines of the node's children; it grows on the way down. */
static void put_node(const struct explain_node *node, struct buf *indent, struct buf *out,
		     struct arena *a)
{
	size_t n = indent->n;

	buf_append_str(out, text_printable(node->name, a));
	buf_putc(out, '\n');
	for (size_t i = 0; i < node->n_children; i++) {
		bool is_last = i + 1 == node->n_children;
		buf_append_str(out, buf_str(indent));
		buf_puts(out, is_last ? "└── " : "├── ");
		buf_puts(indent, is_last ? "    " : "│   ");
		put_node(node->children[i], indent, out, a);
		indent->n = n;
	}
}

void plan_text_write(const struct explain_node *root, struct buf *out)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf indent auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	put_node(root, &indent, out, a);
}
