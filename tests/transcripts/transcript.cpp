#include "transcript.h"

#include <algorithm>
#include <regex>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

#include "app/options.h"
#include "base/assert.h"

namespace signalbox {
namespace {

// And the tokens that a server gives out.
const std::regex uuid_pattern(
    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    "|\\b[0-9a-f]{24}\\b|sbx_[0-9A-Za-z_-]{43}");

std::vector<std::string> split_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    std::string line;
    while (std::getline(in, line)) lines.push_back(line);
    return lines;
}

std::string first_word(std::string& rest) {
    const size_t space = rest.find(' ');
    std::string word = rest.substr(0, space);
    rest = space == std::string::npos ? "" : rest.substr(space + 1);
    return word;
}

void append_line(std::string& out, const std::string& line) {
    if (line.empty()) return;
    if (!out.empty()) out += '\n';
    out += line;
}

std::string unescape(const std::string& text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 'r' || text[i + 1] == 'n')) {
            out += text[++i] == 'r' ? '\r' : '\n';
        } else {
            out += text[i];
        }
    }
    return out;
}

Duration parse_signed(const std::string& text) {
    const bool back = text.starts_with('-');
    const auto span = parse_duration(text.substr(text.starts_with('-') || text.starts_with('+')));
    ASSERT(span);
    return back ? -*span : *span;
}

}  // namespace

std::string request_bytes(const std::string& line, const std::vector<std::string>& fields) {
    std::string rest = line;
    const std::string method = first_word(rest);
    const std::string target = first_word(rest);
    const std::string& body = rest;
    std::string bytes = fmt::format("{} {} HTTP/1.1\r\n", method, target);
    const bool names_host = std::any_of(
        fields.begin(), fields.end(), [](const auto& field) { return field.starts_with("host:"); });
    if (!names_host) bytes += "host: sim\r\n";
    for (const auto& field : fields) bytes += field + "\r\n";
    if (!body.empty()) bytes += fmt::format("content-length: {}\r\n", body.size());
    return bytes + "\r\n" + body;
}

Transcript::Transcript(World::Options options) : world_(std::move(options)) {
    const auto started = world_.start();
    ASSERT(started);
}

std::string Transcript::with_names(const std::string& text) {
    std::string out;
    auto begin = std::sregex_iterator(text.begin(), text.end(), uuid_pattern);
    size_t from = 0;
    for (; begin != std::sregex_iterator(); ++begin) {
        const auto at = static_cast<size_t>(begin->position());
        const std::string uuid = begin->str();
        auto known = std::find(uuids_.begin(), uuids_.end(), uuid);
        if (known == uuids_.end()) known = uuids_.insert(uuids_.end(), uuid);
        out += text.substr(from, at - from);
        out += fmt::format("<{}>", known - uuids_.begin() + 1);
        from = at + uuid.size();
    }
    return out + text.substr(from);
}

std::vector<std::string> Transcript::with_common(std::vector<std::string> fields) const {
    constexpr std::string_view without = "without ";
    const auto name_of = [](std::string_view field) { return field.substr(0, field.find(':')); };
    std::vector<std::string> all;
    for (const auto& common : common_fields_) {
        const bool is_given = std::any_of(fields.begin(), fields.end(), [&](const auto& field) {
            const bool drops = field.starts_with(without);
            return (drops ? field.substr(without.size()) : std::string(name_of(field))) ==
                   name_of(common);
        });
        if (!is_given) all.push_back(common);
    }
    std::erase_if(fields, [&](const auto& field) { return field.starts_with(without); });
    all.insert(all.end(), fields.begin(), fields.end());
    return all;
}

std::string Transcript::with_uuids(const std::string& text) const {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '$') {
            out += text[i];
            continue;
        }
        if (text[i + 1] == '(') {
            const size_t end = text.find(')', i);
            out += streams_.at(text.substr(i + 2, end - i - 2)).last_id;
            i = end;
            continue;
        }
        size_t digits = i + 1;
        while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits]))) {
            ++digits;
        }
        out += uuids_.at(std::stoul(text.substr(i + 1, digits - i - 1)) - 1);
        i = digits - 1;
    }
    return out;
}

std::string Transcript::render(const SimResponse& response, bool show_headers) {
    std::string out = std::to_string(response.status);
    if (show_headers) {
        for (const auto& [name, value] : response.fields) {
            append_line(out, "  " + name + ": " + with_names(value));
        }
    }
    std::string body = with_names(response.body);
    while (body.ends_with('\n')) body.pop_back();
    if (body.empty()) return out;
    return out + (show_headers ? "\n" : " ") + body;
}

std::string Transcript::request(const std::string& line, const std::vector<std::string>& fields,
                                bool show_headers) {
    if (!world_.is_up()) return "the server is down";
    const auto connection = world_.connect(dialects_);
    connection->responses().expect(line.starts_with("HEAD "));
    connection->send(request_bytes(line, fields));
    world_.settle();
    const auto response = connection->responses().take();
    return response ? render(*response, show_headers) : "no answer";
}

std::string Transcript::raw(const std::string& text, bool show_headers) {
    const auto connection = world_.connect(dialects_);
    connection->send(unescape(text));
    world_.settle();
    std::string out;
    while (const auto response = connection->responses().take()) {
        append_line(out, render(*response, show_headers));
    }
    append_line(out, connection->is_open() ? "still open" : "closed");
    return out;
}

// What came on held connections and streams since the last command.
std::string Transcript::news() {
    std::string out;
    for (auto at = held_.begin(); at != held_.end();) {
        const auto response = at->second->responses().take();
        if (response) {
            append_line(out, at->first + ": " + render(*response, false));
        } else if (!at->second->is_open()) {
            append_line(out, at->first + ": connection closed");
        }
        at = response || !at->second->is_open() ? held_.erase(at) : std::next(at);
    }
    for (auto at = open_.begin(); at != open_.end();) {
        while (const auto response = at->second->responses().take()) {
            append_line(out, at->first + ": " + render(*response, false));
        }
        const bool is_open = at->second->is_open();
        if (!is_open) append_line(out, at->first + ": connection closed");
        at = is_open ? std::next(at) : open_.erase(at);
    }
    for (auto at = websockets_.begin(); at != websockets_.end();) {
        for (const auto& line : at->second.news()) {
            append_line(out, at->first + ": " + with_names(line));
        }
        at = at->second.is_over() ? websockets_.erase(at) : std::next(at);
    }
    for (auto& [name, stream] : streams_) append_line(out, stream_news(name, stream));
    return out;
}

// A frame on a WebSocket, if that is what the command is.
bool Transcript::frame(const std::string& word, const std::string& rest) {
    std::string text = rest;
    const auto found = websockets_.find(first_word(text));
    if (found == websockets_.end()) return false;
    WebSocketPeer& peer = found->second;
    if (word == "text") {
        peer.send_text(text);
    } else if (word == "binary") {
        peer.send_binary(from_hex(text));
    } else if (word == "msgpack") {
        peer.send_msgpack(text);
    } else if (word == "ping") {
        peer.send_ping(text);
    } else if (word == "goodbye") {
        peer.send_close(text);
    } else if (word == "bytes") {
        peer.send_raw(from_hex(text));
    } else {
        return false;
    }
    return true;
}

std::string Transcript::stream_news(const std::string& name, Stream& stream) {
    std::string out;
    if (!stream.connection) return out;
    auto& responses = stream.connection->responses();
    if (!stream.begun) {
        const auto head = responses.take_stream_head();
        if (!head) {
            if (const auto refused = responses.take()) {
                append_line(out, name + ": " + render(*refused, false));
                stream.connection.reset();
            }
            return out;
        }
        stream.begun = true;
        append_line(out, name + ": " + std::to_string(head->status) + " stream");
    }
    stream.buffer += responses.take_stream_body();
    for (size_t end = stream.buffer.find("\n\n"); end != std::string::npos;
         end = stream.buffer.find("\n\n")) {
        std::string type;
        std::string data;
        for (const auto& line : split_lines(stream.buffer.substr(0, end))) {
            if (line.starts_with("id: ")) stream.last_id = line.substr(4);
            if (line.starts_with("event: ")) type = line.substr(7);
            // The envelope is shown by a golden file; here its data is what matters.
            if (line.starts_with("data: ")) {
                const size_t inner = line.find(R"("data":)");
                data = inner == std::string::npos ? line.substr(6)
                                                  : line.substr(inner + 7, line.size() - inner - 8);
            }
        }
        stream.buffer.erase(0, end + 2);
        if (!type.empty()) append_line(out, name + ": event " + type + " " + with_names(data));
    }
    if (responses.stream_has_ended() || !stream.connection->is_open()) {
        append_line(out, name + ": stream ended");
        stream.connection.reset();
    }
    return out;
}

std::string Transcript::start_server() {
    const auto started = world_.start();
    return started ? "started" : started.error().message;
}

std::string Transcript::run(const std::string& command) {
    const auto lines = split_lines(command);
    std::string rest = lines.front();
    size_t head_lines = 1;
    while (rest.ends_with('\\') && head_lines < lines.size()) {
        rest.back() = '\n';
        rest += lines[head_lines++];
    }
    std::vector<std::string> fields;
    for (size_t i = head_lines; i < lines.size(); ++i) {
        fields.push_back(with_uuids(lines[i].substr(lines[i].find_first_not_of(' '))));
    }
    fields = with_common(std::move(fields));
    rest = with_uuids(rest);
    const std::string whole = rest;
    const std::string word = first_word(rest);
    std::string out;
    if (word == "hold") {
        const std::string name = first_word(rest);
        auto& held = held_[name] = world_.connect(dialects_);
        held->send(request_bytes(rest, fields));
    } else if (word == "follow") {
        const std::string name = first_word(rest);
        Stream stream;
        stream.connection = world_.connect(dialects_);
        stream.connection->send(request_bytes("GET " + rest, fields));
        if (streams_.contains(name)) stream.last_id = streams_[name].last_id;
        streams_[name] = stream;
    } else if (word == "open" || word == "last") {
        const std::string name = first_word(rest);
        open_[name] = world_.connect(dialects_);
        open_[name]->send(unescape(rest));
        if (word == "last") open_[name]->end_input();
    } else if (word == "send") {
        const std::string name = first_word(rest);
        open_.at(name)->send(unescape(rest));
    } else if (word == "upgrade") {
        const std::string name = first_word(rest);
        websockets_.insert_or_assign(name, WebSocketPeer(world_.connect(dialects_), rest, fields));
    } else if (frame(word, rest)) {
        // It is on its way.
    } else if (word == "headers" && rest.starts_with("raw ")) {
        first_word(rest);
        out = raw(rest, true);
    } else if (word == "headers") {
        out = request(rest, fields, true);
    } else if (word == "end" && websockets_.contains(rest)) {
        websockets_.at(rest).connection().end_input();
    } else if (word == "end") {
        (held_.contains(rest) ? held_[rest] : streams_.at(rest).connection)->end_input();
    } else if (word == "drop") {
        if (held_.contains(rest)) {
            held_[rest]->cut();
            held_.erase(rest);
        } else if (open_.contains(rest)) {
            open_[rest]->cut();
            open_.erase(rest);
        } else if (const auto at = websockets_.find(rest); at != websockets_.end()) {
            at->second.connection().cut();
            websockets_.erase(at);
        } else if (auto& connection = streams_.at(rest).connection) {
            connection->cut();
            connection.reset();
        }
    } else if (word == "raw") {
        out = raw(rest, false);
    } else if (word == "advance") {
        world_.advance(parse_signed(rest));
    } else if (word == "clock") {
        world_.clock().step_wall(parse_signed(rest));
    } else if (word == "crash") {
        world_.crash();
    } else if (word == "restart") {
        world_.crash();
        out = start_server();
    } else if (word == "start") {
        out = start_server();
    } else if (word == "stop") {
        world_.stop();
    } else if (word == "fields") {
        common_fields_.clear();
        for (size_t bar = 0; bar != std::string::npos && !rest.empty();) {
            bar = rest.find(" | ");
            common_fields_.push_back(rest.substr(0, bar));
            if (bar != std::string::npos) rest.erase(0, bar + 3);
        }
    } else if (word == "port") {
        dialects_ = DialectSet::only(*parse_dialect(rest));
    } else if (word == "elsewhere") {
        const std::string url = first_word(rest);
        IncomingResponse response;
        response.status = static_cast<uint16_t>(std::stoul(first_word(rest)));
        response.body = rest;
        world_.other_servers().answer(url, std::move(response));
    } else if (word == "check") {
        world_.check();
        out = "ok";
    } else {
        out = request(whole, fields, false);
    }
    world_.settle();
    append_line(out, news());
    return out;
}

World::Options world_options(const std::vector<std::string>& limits) {
    OptionTexts texts;
    for (const auto& limit : limits) {
        const size_t equals = limit.find('=');
        const std::string name = limit.substr(0, equals);
        const bool is_known = std::any_of(option_specs().begin(), option_specs().end(),
                                          [&](const auto& spec) { return spec.name == name; });
        if (!is_known || equals == std::string::npos) {
            throw std::runtime_error(limit + " is not an option with a value");
        }
        texts[name] = {limit.substr(equals + 1)};
    }
    const auto serve = make_serve_options({}, {}, texts);
    if (!serve) throw std::runtime_error(serve.error().message);
    World::Options options;
    options.seed = 7;
    options.core = serve->core;
    options.inbox = serve->inbox;
    options.http = serve->http;
    options.zaqar = serve->zaqar;
    options.partitions = serve->partitions;
    options.auth = serve->auth.mode;
    options.origins = serve->websocket_origins;
    // Requests of transcripts name hosts as they like, unless it is said where the server listens.
    if (texts.contains("listen")) options.hosts = known_hosts(*serve);
    options.ticket_servers = {serve->ticket_servers.begin(), serve->ticket_servers.end()};
    return options;
}

std::string run_transcript(const std::string& content) {
    std::vector<std::string> limits;
    std::unique_ptr<Transcript> transcript;
    std::string out;
    std::string command;
    bool in_output = false;
    std::string results;
    const auto finish_command = [&] {
        if (command.empty()) return;
        std::istringstream words(command);
        std::string word;
        words >> word;
        if (word == "limits" && !transcript) {
            while (words >> word) limits.push_back(word);
        } else {
            if (!transcript) transcript = std::make_unique<Transcript>(world_options(limits));
            append_line(results, transcript->run(command));
        }
        command.clear();
    };
    for (const auto& line : split_lines(content)) {
        if (in_output) {
            // The old output is dropped up to the empty line behind it.
            if (!line.empty()) continue;
            in_output = false;
            out += '\n';
            continue;
        }
        if (line == "----") {
            finish_command();
            out += "----\n";
            if (!results.empty()) out += results + "\n";
            results.clear();
            in_output = true;
            continue;
        }
        out += line + "\n";
        const bool goes_on = command.ends_with('\\');
        if (!goes_on && (line.empty() || line.starts_with('#'))) continue;
        if (goes_on || line.starts_with("  ")) {
            command += "\n" + line;
            continue;
        }
        finish_command();
        command = line;
    }
    return out;
}

}  // namespace signalbox
