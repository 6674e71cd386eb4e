#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/world.h"
#include "websocket_peer.h"

namespace signalbox {

// Runs one conversation with a server in the simulator's world, and prints what it answered.
// The commands, one a line; indented lines behind a request are its header fields, and a body
// may go on over further lines behind a line that ends with a backslash:
//
//   GET /tickets/$1                 a request; prints status and body
//   hold NAME GET /tickets/$1/wait  a request on a connection of its own; its answer is printed
//                                   by whatever command makes it come, as "NAME: ..."
//   follow NAME /api/v1/tickets/events   an event stream, likewise, one line an event
//   headers GET /ping               a request; prints status, header fields and body
//   drop NAME                       the client of that connection goes away
//   end NAME                        it sends nothing more, but still reads
//   last NAME TEXT                  as open, and the client sends nothing more behind it
//   headers raw TEXT | raw TEXT     bytes on a connection of their own; \r and \n are line ends
//   open NAME TEXT | send NAME TEXT likewise, but the connection stays; its answers and its end
//                                   are printed as with hold
//   upgrade NAME /path              a WebSocket; its answer and its frames are printed as with hold
//   text NAME TEXT | binary NAME HEX | msgpack NAME JSON | ping NAME TEXT
//   goodbye NAME 1000 TEXT          frames on it; "msgpack" sends that JSON as binary
//   bytes NAME HEX                  any bytes on it
//   advance 10s                     time passes
//   clock +1h | clock -1h           somebody sets the calendar
//   crash | restart | stop | start  the power fails; power fails and comes back; SIGTERM; start
//   fields A: X | B: Y              header fields of further requests; one that says "  without A"
//                                   behind its line goes without that one, one that gives A has
//                                   its own
//   port DIALECT                    further requests come in on a port of that dialect only
//   elsewhere URL 200 TEXT          what another server answers from now on
//   check                           every invariant of the engine
//   limits waiters_max=2 ...        options of `signalbox serve` by their names; before all else
//
// UUIDs, ids of 24 digits, and tokens are printed as <1>, <2>, ... in the order of their first
// appearance, and $1, $2 in a command stand for them. $(NAME) stands for the cursor of the last
// event that stream got.
class Transcript {
public:
    explicit Transcript(World::Options options);

    // Output of one command, without its last line end.
    std::string run(const std::string& command);

private:
    struct Stream {
        std::shared_ptr<SimConnection> connection;
        std::string buffer;  // of an event that is not whole yet
        std::string last_id;
        bool begun = false;
    };

    std::string request(const std::string& line, const std::vector<std::string>& fields,
                        bool show_headers);
    std::string news();
    bool frame(const std::string& word, const std::string& rest);
    std::string stream_news(const std::string& name, Stream& stream);
    std::string raw(const std::string& text, bool show_headers);
    std::string render(const SimResponse& response, bool show_headers);
    std::string with_names(const std::string& text);
    [[nodiscard]] std::vector<std::string> with_common(std::vector<std::string> fields) const;
    std::string with_uuids(const std::string& text) const;
    std::string start_server();

    World world_;
    DialectSet dialects_;
    std::vector<std::string> common_fields_;
    std::map<std::string, std::shared_ptr<SimConnection>> held_;
    std::map<std::string, std::shared_ptr<SimConnection>> open_;
    std::map<std::string, Stream> streams_;
    std::map<std::string, WebSocketPeer> websockets_;
    std::vector<std::string> uuids_;  // by number, from 1
};

// A request as bytes: "POST /path {body}" and header fields.
std::string request_bytes(const std::string& line, const std::vector<std::string>& fields);

// The world that `limits` lines ask for.
World::Options world_options(const std::vector<std::string>& limits);

// Runs a file of commands and outputs: blocks of commands, a line "----", the expected output
// up to an empty line. Returns the file with the outputs as they are.
std::string run_transcript(const std::string& content);

}  // namespace signalbox
