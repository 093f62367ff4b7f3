#include "composer/inbox/mail_lang.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define WORD_MAX 16

/* Frequent, and words of one of the two only. */
static const char *const dutch[] = { "aan", "al", "als", "bij", "dan", "dat",
	"de", "deze", "die", "dit", "dus", "een", "en", "er", "gaat", "geen",
	"haar", "heb", "hebben", "heeft", "het", "hij", "hun", "ik", "ja", "je",
	"jullie", "kan", "kunnen", "maar", "meer", "met", "mij", "moet", "naar",
	"niet", "nog", "nu", "of", "om", "onder", "ons", "onze", "ook", "op",
	"te", "tot", "u", "uit", "uw", "van", "veel", "via", "voor", "wat",
	"we", "wel", "werd", "wij", "wordt", "worden", "ze", "zich", "zij",
	"zijn", "zo", "zonder", "zou", NULL };
static const char *const english[] = { "about", "all", "also", "an", "and",
	"any", "are", "as", "at", "be", "because", "been", "but", "by", "can",
	"could", "do", "does", "for", "from", "had", "has", "have", "her",
	"his", "how", "if", "it", "its", "may", "more", "must", "my", "no",
	"not", "of", "on", "or", "our", "she", "should", "than", "that", "the",
	"their", "them", "there", "these", "they", "this", "to", "us", "was",
	"we", "were", "what", "when", "which", "who", "will", "with", "would",
	"you", "your", NULL };

static int
has(const char *const *words, const char *word)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, word) == 0)
			return 1;
	return 0;
}

struct count {
	int nl, en;
};

/* Links are written in no language. */
static void
count(const char *s, struct count *c)
{
	while (*s != '\0') {
		char word[WORD_MAX];
		size_t n = 0, len = strcspn(s, " \n<>()[]*_\"");
		bool link = memmem(s, len, "://", 3) != NULL;

		for (size_t i = 0; i <= len && !link; i++) {
			unsigned char ch = (unsigned char)s[i];

			if (i < len && (isalpha(ch) || ch >= 0x80)) {
				if (n < WORD_MAX - 1)
					word[n] = (char)tolower(ch);
				n++;
				continue;
			}
			word[n < WORD_MAX ? n : 0] = '\0';
			c->nl += has(dutch, word);
			c->en += has(english, word);
			n = 0;
		}
		s += len;
		s += *s != '\0';
	}
}

const char *
mail_lang_guess(const char *title, const char *body)
{
	struct count c = { 0, 0 };

	count(title, &c);
	count(body, &c);
	return c.nl == c.en ? NULL : c.nl > c.en ? "nl" : "en";
}
