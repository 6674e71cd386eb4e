#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "codec/json_reader.h"

namespace signalbox {

// What a JSON value must be like: a part of JSON Schema 2020-12, made ready once and used for many
// values. Immutable, and cheap to copy; any thread.
//
// The keywords are those that look at nothing but the value itself, so that what a check costs is
// bounded by the product of the schema's size and the value's: no $ref, and of the formats only
// those that are checked here. docs/protocol.md lists them. Whatever is not known is refused when
// the schema is read and never passed over, so that nobody believes in a check that nobody makes.
class JsonSchema {
public:
    // The schema `true`, which takes anything.
    JsonSchema();

    // `invalid_argument` that names the place in the schema: "schema.properties.name.maxLength".
    static Result<JsonSchema> compile(const JsonValue& schema, const std::string& field = "schema");

    // `invalid_argument` that names the place in the value: "participants[2].name"; `root` stands
    // for the value itself. A check that takes too long is refused as well.
    [[nodiscard]] Result<void> validate(const JsonValue& value,
                                        const std::string& root = "body") const;

private:
    friend class JsonSchemaCompiler;
    friend class JsonSchemaCheck;
    struct Node;
    std::shared_ptr<const Node> root_;
};

// A name that is twice in one object means something else to each reader. Looks at all of them.
Result<void> check_unique_names(const JsonValue& value, const std::string& root = "body");

}  // namespace signalbox
