/** The engine's own limit is 400 MB; messages of these resources have a few kilobytes. */
const MAX_MESSAGE = 64 * 1024 * 1024;

/** Options of a gRPC server or client that talks to the engine. */
export const MESSAGE_LIMITS = {
    "grpc.max_receive_message_length": MAX_MESSAGE,
    "grpc.max_send_message_length": MAX_MESSAGE,
};
