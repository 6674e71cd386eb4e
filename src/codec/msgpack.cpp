#include "codec/msgpack.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "codec/json_writer.h"
#include "codec/url.h"

namespace signalbox {
namespace {

using Json = nlohmann::ordered_json;

constexpr int bad_string_length = 113;  // of nlohmann's exceptions: a key is not text, among others

Error malformed() {
    return {ErrorCode::invalid_argument, "is not one MessagePack value", {}};
}

Error without_form(std::string_view what) {
    return {ErrorCode::invalid_argument,
            "has " + std::string(what) + ", for which JSON has no form",
            {}};
}

Error too_deep() {
    return {ErrorCode::too_large, "is nested too deeply", {}};
}

// Writes down what the parser reports. The first thing that is wrong stops the parser, so nothing
// of it grows or recurses further than the limits say.
class JsonText : public nlohmann::json_sax<Json> {
public:
    explicit JsonText(const MsgpackLimits& limits) : limits_(limits) {}

    bool null() override {
        return written([&] { json_.null(); });
    }
    bool boolean(bool value) override {
        return written([&] { json_.value(value); });
    }
    bool number_integer(number_integer_t value) override {
        return written([&] { json_.value(value); });
    }
    bool number_unsigned(number_unsigned_t value) override {
        return written([&] { json_.value(value); });
    }
    bool number_float(number_float_t value, const string_t& /*text*/) override {
        if (!std::isfinite(value)) return stop(without_form("a number that is not finite"));
        return written([&] { json_.raw(Json(value).dump()); });
    }
    bool string(string_t& value) override {
        if (!is_valid_utf8(value)) {
            return stop({ErrorCode::invalid_argument, "has text that is not UTF-8", {}});
        }
        return written([&] { json_.value(std::string_view(value)); });
    }
    bool binary(binary_t& /*value*/) override { return stop(without_form("binary data")); }
    bool start_object(std::size_t /*members*/) override {
        return opened([&] { json_.begin_object(); });
    }
    bool key(string_t& value) override {
        if (!is_valid_utf8(value)) {
            return stop({ErrorCode::invalid_argument, "has a key that is not UTF-8", {}});
        }
        return written([&] { json_.text_key(value); });
    }
    bool end_object() override {
        return closed([&] { json_.end_object(); });
    }
    bool start_array(std::size_t /*elements*/) override {
        return opened([&] { json_.begin_array(); });
    }
    bool end_array() override {
        return closed([&] { json_.end_array(); });
    }
    bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                     const nlohmann::detail::exception& error) override {
        if (error.id == bad_string_length) return stop(without_form("a key that is not text"));
        return stop(malformed());
    }

    [[nodiscard]] const std::optional<Error>& error() const { return error_; }
    std::string take() { return std::move(out_); }

private:
    bool stop(Error error) {
        if (!error_) error_ = std::move(error);
        return false;
    }
    template <class Write>
    bool written(Write write) {
        write();
        if (out_.size() <= limits_.json_bytes_max) return true;
        return stop({ErrorCode::too_large, "is too large as JSON", {}});
    }
    template <class Write>
    bool opened(Write write) {
        if (++depth_ > limits_.depth_max) return stop(too_deep());
        return written(write);
    }
    template <class Write>
    bool closed(Write write) {
        --depth_;
        return written(write);
    }

    const MsgpackLimits& limits_;
    std::string out_;
    JsonWriter json_{out_};
    size_t depth_ = 0;
    std::optional<Error> error_;
};

// Of text that may not be JSON: never less than a parser would nest.
size_t depth_of(std::string_view json) {
    size_t depth = 0;
    size_t deepest = 0;
    bool in_text = false;
    for (size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (in_text) {
            if (c == '\\') ++i;
            in_text = c != '"';
        } else if (c == '"') {
            in_text = true;
        } else if (c == '{' || c == '[') {
            deepest = std::max(deepest, ++depth);
        } else if ((c == '}' || c == ']') && depth > 0) {
            --depth;
        }
    }
    return deepest;
}

}  // namespace

Result<std::string> msgpack_to_json(std::string_view bytes, const MsgpackLimits& limits) {
    JsonText text(limits);
    const bool is_whole = Json::sax_parse(bytes, &text, nlohmann::detail::input_format_t::msgpack);
    if (text.error()) return fail(*text.error());
    if (!is_whole) return fail(malformed());
    return text.take();
}

Result<std::string> json_to_msgpack(std::string_view json, const MsgpackLimits& limits) {
    if (json.size() > limits.json_bytes_max) {
        return fail(ErrorCode::too_large, "is too large as JSON");
    }
    if (depth_of(json) > limits.depth_max) return fail(too_deep());
    const auto document = Json::parse(json, nullptr, false);
    if (document.is_discarded()) {
        return fail(ErrorCode::invalid_argument, "is not one JSON value");
    }
    std::string bytes;
    Json::to_msgpack(document, bytes);
    return bytes;
}

}  // namespace signalbox
