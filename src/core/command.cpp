#include "core/command.h"

#include <type_traits>

namespace signalbox {

std::optional<Reply> refusal(const CommandBody& body, const Error& error) {
    return std::visit(
        [&](const auto& command) -> std::optional<Reply> {
            using Body = std::remove_cvref_t<decltype(command)>;
            if constexpr (requires { typename Body::Answer; }) {
                return Reply(Result<typename Body::Answer>(fail(error)));
            } else {
                return std::nullopt;
            }
        },
        body);
}

void refuse(Reply& reply, const Error& error) {
    std::visit([&](auto& answer) { answer = fail(error); }, reply);
}

}  // namespace signalbox
