/* rumprun's configuration, read as its guests read it; see DESIGN of the rumprun ABI in guests/rumprun/. */
#ifndef CONFIG_H
#define CONFIG_H

#define CONFIG_SIZE 4096
#define MAX_ITEMS 64

struct device { const char *source, *path, *fstype, *mountpoint; };
struct interface { const char *name, *cloner, *type, *method, *address, *mask, *gateway; };

struct config {
    const char *hostname;
    const char *argv[MAX_ITEMS];
    unsigned argc;
    const char *env[MAX_ITEMS];
    unsigned envs;
    struct device blk[MAX_ITEMS];
    unsigned blks;
    struct interface net[MAX_ITEMS];
    unsigned nets;
    /* Why the boot ends here: what, and the word it is about. NULL: all is well. */
    const char *error, *word;
    /* The real guest does not refuse this, it crashes. */
    int crashes;
};

static inline int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Parses in place: strings of the result point into text, which stays as long as they do. */
void config_parse(char *text, struct config *config);
/* Appends the words of text to argv: blanks divide, quotes group, a backslash takes the next byte as it is. */
void config_split(char *text, struct config *config);
/* A command line of plain words, for the raw variant: NAME=VALUE words are env, the others argv. */
void config_words(char *text, struct config *config);
/* The value of a variable, or NULL. */
const char *config_env(const struct config *config, const char *name);
#endif
