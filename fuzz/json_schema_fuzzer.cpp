#include "codec/json_merge.h"
#include "codec/json_schema.h"
#include "fuzz/fuzzing.h"

// Any text as a schema, then as what is checked by it: up to a line end the one, behind it the
// other. And the two as a document and what is merged into it.

namespace signalbox {

void fuzz_one(std::string_view bytes) {
    const size_t end = bytes.find('\n');
    if (end == std::string_view::npos) return;
    const auto schema_text = JsonDocument::parse(bytes.substr(0, end));
    const auto value = JsonDocument::parse(bytes.substr(end + 1));
    if (!schema_text || !value) return;
    const auto merged = json_merge_patch(schema_text->root(), value->root());
    ASSERT(JsonDocument::parse(merged));
    const auto schema = JsonSchema::compile(schema_text->root());
    if (!schema) {
        ASSERT(schema.error().code == ErrorCode::invalid_argument);
        ASSERT(schema.error().field.starts_with("schema"));
        return;
    }
    const auto judged = schema->validate(value->root());
    ASSERT(judged || judged.error().code == ErrorCode::invalid_argument);
    // The same again, and of another text with the same meaning.
    const auto written = JsonDocument::parse(value->root().json());
    ASSERT(written && schema->validate(written->root()).has_value() == judged.has_value());
}

}  // namespace signalbox
