// mockwise run -- java Client.java
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

public class Client {
    static final char[] PASSWORD = "mockwise".toCharArray();
    static HttpClient http;

    public static void main(String[] arguments) throws Exception {
        http = HttpClient.newHttpClient();
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store("client.p12"), PASSWORD);
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store("truststore.p12"));
        var context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        http = HttpClient.newBuilder().sslContext(context).build();

        var credentials = env("CLIENT_ID") + ":" + env("CLIENT_SECRET");
        var token = ask(HttpRequest.newBuilder(URI.create(env("MTLS_URL") + "/oauth/token"))
            .header("Authorization", "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes("UTF-8")))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString("grant_type=client_credentials")));
        var bearer = token.replaceAll(".*\"access_token\" *: *\"([^\"]+)\".*", "$1"); // your JSON library does it better
        System.out.println(ask(HttpRequest.newBuilder(URI.create(env("MTLS_URL") + "/v1/authenticated/playground"))
            .header("Authorization", "Bearer " + bearer)));
    }

    /** The key stores are files on the control host; once saved, they can be read from disk as well. */
    static KeyStore store(String name) throws Exception {
        var from = URI.create(env("CONTROL_URL") + "/hub/" + env("SANDBOX") + "/files/" + name);
        var answer = http.send(HttpRequest.newBuilder(from).build(), BodyHandlers.ofInputStream());
        var store = KeyStore.getInstance("PKCS12");
        store.load(answer.body(), PASSWORD);
        return store;
    }

    static String ask(HttpRequest.Builder request) throws IOException, InterruptedException {
        var answer = http.send(request.build(), BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException(answer.statusCode() + " " + answer.body() + " "
                + answer.headers().firstValue("x-mockwise-reason").orElse(""));
        }
        return answer.body();
    }

    static String env(String name) {
        return System.getenv("MOCKWISE_" + name);
    }
}
