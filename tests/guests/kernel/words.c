#include "config.h"
#include "machine.h"

void config_split(char *from, struct config *config)
{
    while (*from && config->argc < MAX_ITEMS) {
        char *to, quote = 0;

        while (is_blank(*from))
            from++;
        if (!*from)
            return;
        config->argv[config->argc++] = to = from;
        for (; *from && (quote || !is_blank(*from)); from++) {
            if (*from == quote)
                quote = 0;
            else if (!quote && (*from == '\'' || *from == '"'))
                quote = *from;
            else
                *to++ = *from == '\\' && from[1] ? *++from : *from;
        }
        if (*from)
            from++;
        *to = 0;
    }
}

void config_words(char *text, struct config *config)
{
    unsigned kept = 0;

    config_split(text, config);
    for (unsigned i = 0; i < config->argc; i++) {
        const char *word = config->argv[i], *at = word;

        while (*at && *at != '=' && *at != '/')
            at++;
        if (*at == '=' && at != word)
            config->env[config->envs++] = word;
        else
            config->argv[kept++] = word;
    }
    config->argc = kept;
}

const char *config_env(const struct config *config, const char *name)
{
    for (unsigned i = config->envs; i-- > 0;) {
        const char *rest = after(config->env[i], name);

        if (rest && *rest == '=')
            return rest + 1;
    }
    return NULL;
}
