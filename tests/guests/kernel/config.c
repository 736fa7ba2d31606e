/*
 * The reader's rules, as rumprun's sources have them (lib/librumprun_base: config.c, parseargs.c; lib/libbmk_core/jsmn.c):
 * keys may repeat, every value is a string except the objects of blk and net, commas are noise, escapes are
 * checked but not decoded, and anything else ends the boot.
 */
#include "config.h"
#include "machine.h"

struct field { const char *key; const char **to; };

static int fail(struct config *config, const char *error, const char *word)
{
    if (!config->error) {
        config->error = error;
        config->word = word;
    }
    return 0;
}

static void skip(char **at)
{
    while (is_blank(**at) || **at == ',')
        ++*at;
}

static int is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Steps over one escape; 0 when jsmn would call it invalid. */
static int skip_escape(char **at)
{
    char c = *++*at;

    if (c == 'u') {
        for (int digit = 0; digit < 4; digit++)
            if (!is_hex(*++*at))
                return 0;
        return 1;
    }
    for (const char *known = "\"/\\bfrnt"; *known; known++)
        if (c == *known)
            return 1;
    return 0;
}

static const char *string(char **at, struct config *config)
{
    char *start;

    if (**at != '"') {
        fail(config, "unexpected type for token at", *at);
        return NULL;
    }
    for (start = ++*at; **at != '"'; ++*at) {
        if (!**at || (**at == '\\' && !skip_escape(at))) {
            fail(config, "json parse failed at", start);
            return NULL;
        }
    }
    *(*at)++ = 0;
    return start;
}

static const char *key(char **at, struct config *config)
{
    const char *name = string(at, config);

    if (!name)
        return NULL;
    while (is_blank(**at))
        ++*at;
    if (*(*at)++ != ':')
        fail(config, "no value for key", name);
    while (is_blank(**at))
        ++*at;
    return config->error ? NULL : name;
}

static int object(char **at, struct config *config, const struct field *fields)
{
    if (**at != '{')
        return fail(config, "an object was expected at", *at);
    for (++*at, skip(at); **at != '}'; skip(at)) {
        const char *name = key(at, config), *value = name ? string(at, config) : NULL;
        const struct field *field = fields;

        if (!value)
            return 0;
        while (field->key && !equal(field->key, name))
            field++;
        if (!field->key)
            return fail(config, "unexpected key", name);
        *field->to = value;
    }
    ++*at;
    return 1;
}

static int one_of(const char *value, const char *a, const char *b, const char *c)
{
    return value && (equal(value, a) || equal(value, b) || equal(value, c));
}

static int read_blk(char **at, struct config *config)
{
    struct device *blk = &config->blk[config->blks];
    struct field fields[] = {
        { "source", &blk->source }, { "path", &blk->path }, { "fstype", &blk->fstype }, { "mountpoint", &blk->mountpoint }, { 0, 0 },
    };

    if (!object(at, config, fields))
        return 0;
    config->blks++;
    if (!blk->source || !blk->path)
        return fail(config, "blk cfg missing vital data", "blk");
    if (!one_of(blk->source, "dev", "vnd", "etfs"))
        return fail(config, "unsupported blk source", blk->source);
    if (blk->mountpoint && !one_of(blk->fstype, "blk", "kernfs", "blk"))
        return fail(config, "unknown fstype for mountpoint", blk->mountpoint);
    return 1;
}

static int read_net(char **at, struct config *config)
{
    struct interface *net = &config->net[config->nets];
    struct field fields[] = {
        { "if", &net->name }, { "cloner", &net->cloner }, { "type", &net->type }, { "method", &net->method },
        { "addr", &net->address }, { "mask", &net->mask }, { "gw", &net->gateway }, { 0, 0 },
    };

    if (!object(at, config, fields))
        return 0;
    config->nets++;
    if (!net->name || !net->type || !net->method)
        return fail(config, "net cfg missing vital data", "net");
    if (!one_of(net->type, "inet", "inet6", "inet"))
        return fail(config, "network type not supported", net->type);
    if (equal(net->type, "inet6") && equal(net->method, "auto")) {
        config->crashes = 1;
        return fail(config, "ipv6 autoconfiguration", net->name);
    }
    if (!equal(net->method, "static") && !(equal(net->type, "inet") && equal(net->method, "dhcp")))
        return fail(config, "method \"static\" or \"dhcp\" expected, got", net->method);
    if (equal(net->method, "static") && (!net->address || !net->mask))
        return fail(config, "static net cfg missing addr or mask", net->name);
    return 1;
}

static int read_pair(char **at, struct config *config)
{
    const char *name = key(at, config), *value;

    if (!name)
        return 0;
    if (config->blks == MAX_ITEMS || config->nets == MAX_ITEMS || config->envs == MAX_ITEMS)
        return fail(config, "too many of key", name);
    if (equal(name, "blk"))
        return read_blk(at, config);
    if (equal(name, "net"))
        return read_net(at, config);
    if (!one_of(name, "cmdline", "env", "hostname"))
        return fail(config, "no match for key", name);
    if (!(value = string(at, config)))
        return 0;
    if (equal(name, "hostname"))
        config->hostname = value;
    else if (equal(name, "env"))
        config->env[config->envs++] = value;
    else
        config_split((char *)value, config);
    return 1;
}

void config_parse(char *text, struct config *config)
{
    for (char *at = text; *at; at++)
        if (after(at, "_RUMPRUN_ROOTFSCFG=")) {
            fail(config, "failed to mount rootfs from image", at);
            return;
        }
    while (*text && *text != '{')
        text++;
    if (!*text) {
        config->argv[config->argc++] = "rumprun";
        return;
    }
    for (text++, skip(&text); *text != '}'; skip(&text))
        if (!read_pair(&text, config))
            return;
    if (!config->argc)
        fail(config, "rumprun_config: no bins", "cmdline");
}
