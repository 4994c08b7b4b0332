/* provision/document_names.h: what the reader and the writer of configuration documents must call alike. */
#ifndef PROVISION_DOCUMENT_NAMES_H
#define PROVISION_DOCUMENT_NAMES_H
#include "base/digest.h"
#include "provision/document.h"

static const char *const document_url_names[URLS] = {
    [URL_AUTHENTICATION] = "authenticationURL",
    [URL_DIRECTORY] = "directoryURL",
    [URL_IDLE] = "idleURL",
    [URL_INFORMATION] = "informationURL",
    [URL_MESSAGES] = "messagesURL",
    [URL_SERVICES] = "servicesURL",
    [URL_PROXY] = "proxyServerURL",
};

/* Said in every own file, because some loads want it, unless `extra` says it otherwise: the 7970, 7925 and 7937
 * families have fullConfig and deviceProtocol; deviceSecurityMode 1 is "none". */
enum { DOCUMENT_STANDING = 3 };
static const struct {
    const char *name, *whole;
} document_standing[DOCUMENT_STANDING] = {
    {"fullConfig", "<fullConfig>true</fullConfig>"},
    {"deviceProtocol", "<deviceProtocol>SCCP</deviceProtocol>"},
    {"deviceSecurityMode", "<deviceSecurityMode>1</deviceSecurityMode>"},
};
#endif
