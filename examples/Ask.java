import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * May this license token be used like this?  Asks a fujie-gateway; Java 11 and later, nothing else.
 *
 * <pre>java Ask.java http://127.0.0.1:9180 token.jwt action=QUERY,purpose=WELFARE [client certificate: X5T]</pre>
 *
 * Exit: 0 yes, 1 no.  Whatever goes wrong is a no.
 */
public class Ask {
    static final class Answer {
        final boolean yes;
        final String why;

        Answer(boolean yes, String why) {
            this.yes = yes;
            this.why = why;
        }
    }

    // redirections are not followed: HttpClient's default
    private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(5)).build();

    static Answer permitted(String gateway, String token, String use, String x5t) {
        try {
            HttpRequest.Builder ask = HttpRequest.newBuilder(URI.create(gateway + "/auth")).timeout(Duration.ofSeconds(5))
                .header("Authorization", "Bearer " + token.trim()).header("X-Fujie-Use", use);
            if (x5t != null) {
                ask.header("X-Fujie-X5T", x5t);
            }
            HttpResponse<Void> answer = CLIENT.send(ask.build(), HttpResponse.BodyHandlers.discarding());
            String why = answer.headers().firstValue("X-Fujie-Reason").orElse("HTTP " + answer.statusCode());
            return new Answer(answer.statusCode() == 204, why);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer(false, "interrupted");
        } catch (Exception e) {
            return new Answer(false, "the gateway does not answer: " + e.getClass().getSimpleName()); // its message may quote the token
        }
    }

    public static void main(String[] args) throws Exception {
        Answer a = permitted(args[0], Files.readString(Path.of(args[1])), args[2], args.length > 3 ? args[3] : null);
        System.out.println(a.yes ? "permit" : "deny: " + a.why);
        System.exit(a.yes ? 0 : 1);
    }
}
